  FROM 	 scratch 	 AS	base  
	RUN   inner   spaces   kept  
   COPY  a   b	/c  
ENV  A=1	 B=2 
ENV U=a V=1 W=2
LABEL	a=b
EXPOSE	80	
